import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addProduct, call, getProduct, many, unique } from "../api.ts";

const order = (...items: readonly { sku: string; quantity: number }[]) =>
  call("/orders", { method: "POST", body: { customer: unique("c"), items } });

describe("many customers at once", () => {
  it("never sell more than there is", async () => {
    const { sku } = await addProduct({ stock: 40 });
    const answers = await many(200, 16, () => order({ sku, quantity: 1 }));
    assert.equal(answers.filter((answer) => answer.status === 201).length, 40);
    assert.equal(answers.filter((answer) => answer.status === 409).length, 160);
    assert.equal((await getProduct(sku)).stock, 0);
  });

  it("never leave a piece behind that somebody could have had", async () => {
    const { sku } = await addProduct({ stock: 100 });
    const answers = await many(60, 12, () => order({ sku, quantity: 3 }));
    const sold = answers.filter((answer) => answer.status === 201).length;
    assert.equal(sold, 33);
    assert.equal((await getProduct(sku)).stock, 1);
  });

  it("do not block each other for good when they want the same things in another order", async () => {
    const [a, b] = await Promise.all([addProduct({ stock: 1000 }), addProduct({ stock: 1000 })]);
    const one = { sku: a.sku, quantity: 1 };
    const other = { sku: b.sku, quantity: 1 };
    const answers = await many(150, 15, (index) => (index % 2 === 0 ? order(one, other) : order(other, one)));
    assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([201]));
    assert.deepEqual([(await getProduct(a.sku)).stock, (await getProduct(b.sku)).stock], [850, 850]);
  });

  it("keep the books straight while some cancel", async () => {
    const { sku } = await addProduct({ stock: 30 });
    const kept = await many(120, 12, async (index) => {
      const { status, body } = await order({ sku, quantity: 1 });
      if (status !== 201) return 0;
      if (index % 2 === 0) return 1;
      const id = (body as { id: string }).id;
      const cancelled = await call(`/orders/${id}`, { method: "PATCH", body: { status: "cancelled" } });
      assert.equal(cancelled.status, 200);
      return 0;
    });
    const sold = kept.reduce((sum: number, each) => sum + each, 0);
    assert.equal((await getProduct(sku)).stock, 30 - sold);
  });
});
