import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { errorCode } from "./wait.ts";

export interface Product {
  readonly sku: string;
  readonly name: string;
  readonly priceCents: number;
  readonly stock: number;
}

export type Status = "placed" | "paid" | "shipped" | "cancelled";

export interface Order {
  readonly id: string;
  readonly customer: string;
  readonly status: Status;
  readonly totalCents: number;
  readonly createdAt: string;
  readonly items: readonly { readonly sku: string; readonly quantity: number; readonly priceCents: number }[];
}

export interface OrderPage {
  readonly orders: readonly Order[];
  readonly next: number | null;
}

export interface Stats {
  readonly orders: Readonly<Record<Status, number>>;
  readonly revenueCents: number;
}

export interface ApiProblem {
  readonly error: string;
  readonly problems?: readonly { readonly path: string; readonly message: string }[];
  readonly [detail: string]: unknown;
}

interface Call {
  readonly method?: string;
  readonly body?: unknown;
  /** The body as it is, for what is no JSON. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const limitMs = 30_000;

/** One request; the body parsed. Throws when there is no answer, with the reason. */
export async function call(path: string, { method = "GET", body, text, headers = {} }: Call = {}) {
  const url = new URL(path.replace(/^\//, ""), process.env["SUITE_URL"]);
  const payload = text ?? (body === undefined ? undefined : JSON.stringify(body));
  try {
    const response = await fetch(url, {
      method,
      headers: { ...(payload === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(payload === undefined ? {} : { body: payload }),
      signal: AbortSignal.timeout(limitMs),
    });
    return { status: response.status, body: await response.json() };
  } catch (error) {
    throw new Error(`${method} ${url.pathname}: no answer (${errorCode(error)})`, { cause: error });
  }
}

/** One request that has to be answered with that status. */
export async function expect<T>(status: number, path: string, request: Call = {}): Promise<T> {
  const answer = await call(path, request);
  const what = `${request.method ?? "GET"} ${path} answered ${answer.status} ${JSON.stringify(answer.body)}`;
  assert.equal(answer.status, status, what);
  return answer.body as T;
}

/** A name that no other test, shard or earlier run has. */
export function unique(prefix: string): string {
  return `${prefix}-${randomUUID()}`;
}

/** A new product, by default with plenty of stock. */
export function addProduct(product: Partial<Product> = {}): Promise<Product> {
  const body = { sku: unique("sku"), name: "A thing", priceCents: 250, stock: 1000, ...product };
  return expect<Product>(201, "/products", { method: "POST", body });
}

export function getProduct(sku: string): Promise<Product> {
  return expect<Product>(200, `/products/${sku}`);
}

/** A new order of one product. */
export function placeOrder(customer: string, sku: string, quantity = 1): Promise<Order> {
  return expect<Order>(201, "/orders", { method: "POST", body: { customer, items: [{ sku, quantity }] } });
}

export function moveOrder(id: string, status: Status): Promise<Order> {
  return expect<Order>(200, `/orders/${id}`, { method: "PATCH", body: { status } });
}

/** All pages of a listing. */
export async function listAll(query: string, limit: number): Promise<Order[]> {
  const orders: Order[] = [];
  let after: number | null = 0;
  while (after !== null) {
    const page: OrderPage = await expect<OrderPage>(200, `/orders?${query}&limit=${limit}&after=${after}`);
    orders.push(...page.orders);
    after = page.next;
  }
  return orders;
}

/** Runs the work so many times, `width` at once, and gives what each returned. */
export async function many<T>(
  times: number,
  width: number,
  work: (index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < times; index = next++) results[index] = await work(index);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}
