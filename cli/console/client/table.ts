import type { ComponentChild, VNode } from "preact";
import { html } from "htm/preact";

export type Column<Row> = {
  title: string;
  /** Whether it is set to the right, for digits to stand below each other. */
  isNumber?: boolean;
  /** Whether it takes the room that others leave, and is cut if that is too little. */
  isWide?: boolean;
  cell(row: Row): ComponentChild;
};

/**
 * A table that scrolls by itself if it is too wide or too long.
 *
 * @param label what it lists, for who cannot see where it stands
 * @param keyOf what tells its rows apart
 */
export const table = <Row>(
  label: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): VNode => html`
  <div class="scroll" role="region" aria-label=${label} tabindex="0">
    <table>
      <thead>
        <tr>
          ${columns.map((column) => html`<th key=${column.title} scope="col" class=${classOf(column)}>${column.title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr key=${keyOf(row)} data-id=${keyOf(row)}>
              ${columns.map(
                (column) =>
                  html`<td key=${column.title} data-column=${column.title} class=${classOf(column)}>
                    ${column.cell(row)}
                  </td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>
`;

const classOf = ({ isNumber, isWide }: { isNumber?: boolean; isWide?: boolean }): string =>
  isNumber === true ? "number" : isWide === true ? "wide" : "";
