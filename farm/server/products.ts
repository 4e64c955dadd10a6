import { z } from "zod";
import { ApiError } from "./api-error.ts";
import type { Database } from "./database.ts";

export const Sku = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be 1 to 64 of letters, digits, . _ -");

export const NewProduct = z.strictObject({
  sku: Sku,
  name: z.string().trim().min(1).max(200),
  priceCents: z.int().min(1).max(100_000_000),
  stock: z.int().min(0).max(1_000_000),
});

export const Restock = z.strictObject({ quantity: z.int().min(1).max(1_000_000) });

export type Product = z.infer<typeof NewProduct>;

const columns = `sku, name, price_cents as "priceCents", stock`;

/** Adds a product. Throws a 409 when the SKU is taken. */
export async function addProduct(database: Database, product: Product): Promise<Product> {
  const rows = await database.query<Product>(
    `insert into products (sku, name, price_cents, stock) values ($1, $2, $3, $4)
     on conflict (sku) do nothing returning ${columns}`,
    [product.sku, product.name, product.priceCents, product.stock],
  );
  if (rows[0] === undefined) throw new ApiError(409, "the SKU is taken", { sku: product.sku });
  return rows[0];
}

/** Throws a 404 when there is no such product. */
export async function getProduct(database: Database, sku: string): Promise<Product> {
  const rows = await database.query<Product>(`select ${columns} from products where sku = $1`, [sku]);
  return found(rows[0], sku);
}

/** Adds to the stock. Throws a 404 when there is no such product. */
export async function restock(database: Database, sku: string, quantity: number): Promise<Product> {
  const rows = await database.query<Product>(
    `update products set stock = stock + $2 where sku = $1 returning ${columns}`,
    [sku, quantity],
  );
  return found(rows[0], sku);
}

function found(product: Product | undefined, sku: string): Product {
  if (product === undefined) throw new ApiError(404, "no such product", { sku });
  return product;
}
