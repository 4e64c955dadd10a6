/** The tables, made by the server itself; safe to run again. */
export const schema = `
create table if not exists products (
  sku text primary key,
  name text not null,
  price_cents integer not null check (price_cents > 0),
  stock integer not null check (stock >= 0)
);
create table if not exists orders (
  id uuid primary key default gen_random_uuid(),
  seq bigserial not null unique,
  customer text not null,
  status text not null default 'placed' check (status in ('placed', 'paid', 'shipped', 'cancelled')),
  total_cents integer not null default 0 check (total_cents >= 0),
  idempotency_key text unique,
  fingerprint text not null,
  created_at timestamptz not null default now()
);
create table if not exists order_items (
  order_id uuid not null references orders (id),
  sku text not null references products (sku),
  quantity integer not null check (quantity > 0),
  price_cents integer not null,
  primary key (order_id, sku)
);
create index if not exists orders_by_customer on orders (customer, seq);
create index if not exists orders_by_status on orders (status, seq);
`;
