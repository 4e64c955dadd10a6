import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import type { ApiProblem, Order } from "../api.ts";
import { addProduct, call, expect, many, placeOrder, unique } from "../api.ts";

describe("reading", () => {
  it("does not know an order that nobody placed", async () => {
    await expect(404, `/orders/${randomUUID()}`);
  });

  it("refuses an id that is none", async () => {
    for (const id of ["1", "not-a-uuid", `${randomUUID()}x`]) await expect(400, `/orders/${id}`);
  });

  it("answers paths that do not exist with JSON", async () => {
    const problem = await expect<ApiProblem>(404, "/no/such/path");
    assert.equal(problem.error, "no such path");
  });

  it("is alive and ready", async () => {
    await expect(200, "/healthz");
    const { status, body } = await call("/readyz");
    assert.equal(status, 200, JSON.stringify(body));
  });

  it("dates an order with the time it was placed", async () => {
    const { sku } = await addProduct();
    const order = await placeOrder(unique("c"), sku);
    // A day of tolerance: this is about a real date, not about two clocks agreeing.
    assert.ok(Math.abs(Date.parse(order.createdAt) - Date.now()) < 86_400_000, order.createdAt);
  });

  it("gives many readers at once the same answer", async () => {
    const { sku } = await addProduct();
    const order = await placeOrder(unique("c"), sku, 7);
    const answers = await many(300, 10, () => expect<Order>(200, `/orders/${order.id}`));
    for (const answer of answers) assert.deepEqual(answer, order);
  });
});
