import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ApiProblem } from "../api.ts";
import { call, expect, many, unique } from "../api.ts";

const good = () => ({ sku: unique("sku"), name: "A thing", priceCents: 100, stock: 1 });

const bad: Readonly<Record<string, { readonly change: Record<string, unknown>; readonly path: string }>> = {
  "a price of nothing": { change: { priceCents: 0 }, path: "priceCents" },
  "half a cent": { change: { priceCents: 0.5 }, path: "priceCents" },
  "a price in words": { change: { priceCents: "100" }, path: "priceCents" },
  "less than no stock": { change: { stock: -1 }, path: "stock" },
  "an empty name": { change: { name: "   " }, path: "name" },
  "a SKU with a space": { change: { sku: "a b" }, path: "sku" },
  "a SKU that is a path": { change: { sku: "../products" }, path: "sku" },
  "a field nobody knows": { change: { colour: "red" }, path: "" },
};

describe("catalogue input", () => {
  for (const [what, { change, path }] of Object.entries(bad)) {
    it(`refuses ${what} and says where`, async () => {
      const body = { ...good(), ...change };
      const problem = await expect<ApiProblem>(400, "/products", { method: "POST", body });
      assert.equal(problem.problems?.[0]?.path, path);
    });
  }

  it("refuses what is no JSON", async () => {
    const problem = await expect<ApiProblem>(400, "/products", { method: "POST", text: "{sku:" });
    assert.match(problem.error, /no JSON/);
  });

  it("refuses a body beyond its limit", async () => {
    await expect(413, "/products", { method: "POST", body: { ...good(), name: "x".repeat(70_000) } });
  });

  it("adds nothing of what it refused", async () => {
    const refused = await many(120, 8, async () => {
      const body = { ...good(), stock: -1 };
      const { status } = await call("/products", { method: "POST", body });
      assert.equal(status, 400);
      return body.sku;
    });
    await many(120, 8, (index) => expect(404, `/products/${refused[index]}`));
  });
});
