import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ApiProblem, Order, Status } from "../api.ts";
import { addProduct, call, expect, many, moveOrder, placeOrder, unique } from "../api.ts";

const allowed: Readonly<Record<Status, readonly Status[]>> = {
  placed: ["paid", "cancelled"],
  paid: ["shipped", "cancelled"],
  shipped: [],
  cancelled: [],
};
const wayTo: Readonly<Record<Status, readonly Status[]>> = {
  placed: [],
  paid: ["paid"],
  shipped: ["paid", "shipped"],
  cancelled: ["cancelled"],
};
const statuses: readonly Status[] = ["placed", "paid", "shipped", "cancelled"];

async function orderThatIs(status: Status): Promise<Order> {
  const { sku } = await addProduct();
  let order = await placeOrder(unique("c"), sku);
  for (const step of wayTo[status]) order = await moveOrder(order.id, step);
  return order;
}

describe("an order's life", () => {
  for (const from of statuses) {
    it(`goes from ${from} to ${allowed[from].join(" or ") || "nowhere"}, and not elsewhere`, async () => {
      for (const to of statuses) {
        const { id } = await orderThatIs(from);
        const answer = await call(`/orders/${id}`, { method: "PATCH", body: { status: to } });
        const now = await expect<Order>(200, `/orders/${id}`);
        const isAllowed = allowed[from].includes(to);
        assert.deepEqual(
          [answer.status, now.status],
          isAllowed ? [200, to] : [409, from],
          `${from} to ${to}`,
        );
      }
    });
  }

  it("lets exactly one of many take the same step", async () => {
    const { id } = await orderThatIs("placed");
    const answers = await many(20, 20, () =>
      call(`/orders/${id}`, { method: "PATCH", body: { status: "paid" } }),
    );
    assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
    assert.equal(answers.filter((answer) => answer.status === 409).length, 19);
  });

  it("refuses a status that is none", async () => {
    const { id } = await orderThatIs("placed");
    const problem = await expect<ApiProblem>(400, `/orders/${id}`, {
      method: "PATCH",
      body: { status: "lost" },
    });
    assert.equal(problem.problems?.[0]?.path, "status");
  });

  it("ships fifty orders side by side", async () => {
    const shipped = await many(50, 8, () => orderThatIs("shipped"));
    assert.ok(shipped.every((order) => order.status === "shipped"));
  });
});
