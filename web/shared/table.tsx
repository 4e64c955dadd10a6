import type { ComponentChildren } from "preact";

export interface Column<Row> {
  readonly name: string;
  /** Left out on narrow screens. */
  readonly wide?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
  /** Right-aligned figures. */
  readonly figure?: boolean;
}

/** A real table, with a caption for those who do not see it. */
export function Table<Row>(props: {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
}) {
  const { caption, columns, rows, keyOf } = props;
  const classOf = ({ wide, figure }: Column<Row>): string =>
    `${wide === true ? "wide-only " : ""}${figure === true ? "figure" : ""}`.trim();
  return (
    <div class="table-scroll" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" class={classOf(column)}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) => (
                <td key={column.name} class={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
