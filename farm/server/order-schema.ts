import { z } from "zod";
import { Sku } from "./products.ts";

export const OrderStatus = z.enum(["placed", "paid", "shipped", "cancelled"]);
export type OrderStatus = z.infer<typeof OrderStatus>;

const Customer = z.string().trim().min(1).max(100);
const Item = z.strictObject({ sku: Sku, quantity: z.int().min(1).max(1000) });

export const NewOrder = z
  .strictObject({ customer: Customer, items: z.array(Item).min(1).max(50) })
  .refine((order) => new Set(order.items.map((item) => item.sku)).size === order.items.length, {
    path: ["items"],
    message: "the same SKU twice",
  });
export type NewOrder = z.infer<typeof NewOrder>;

export const IdempotencyKey = z.string().min(1).max(200).optional();
export const OrderId = z.uuid();
export const StatusChange = z.strictObject({ status: OrderStatus });

export const OrderFilter = z.strictObject({
  status: OrderStatus.optional(),
  customer: Customer.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: z.coerce.number().int().min(0).default(0),
});
export type OrderFilter = z.infer<typeof OrderFilter>;

export const StatsFilter = z.strictObject({ customer: Customer.optional() });

export interface Order {
  readonly id: string;
  readonly customer: string;
  readonly status: OrderStatus;
  readonly totalCents: number;
  readonly createdAt: string;
  readonly items: readonly { readonly sku: string; readonly quantity: number; readonly priceCents: number }[];
}

/** Which status may follow which. */
export const transitions: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  placed: ["paid", "cancelled"],
  paid: ["shipped", "cancelled"],
  shipped: [],
  cancelled: [],
};
