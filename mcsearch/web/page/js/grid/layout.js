// Justified rows: photos of one height fill the width of a row, and keep their shape.

const WIDEST = 4; // a panorama counts as four times as wide as high, and is cropped
const NARROWEST = 0.4;
const TALLEST_ROW = 1.5; // how much higher than wished a row may be

/**
 * Lay photos out in rows.
 * @param {number[]} shapes width divided by height of each photo
 * @param {number} width of a row, in pixels
 * @param {number} wished height of a row, in pixels
 * @param {number} gap between photos and between rows, in pixels
 * @param {boolean} goesOn whether other photos follow, so that the last row is filled like the rest
 * @returns {{boxes: {left: number, top: number, width: number, height: number}[], height: number}}
 */
export function justify(shapes, width, wished, gap, goesOn) {
  const rows = [];
  let row = [];
  let shape = 0;
  for (const each of shapes.map((one) => Math.min(WIDEST, Math.max(NARROWEST, one)))) {
    const without = heightOf(shape, row.length, width, gap);
    const withIt = heightOf(shape + each, row.length + 1, width, gap);
    if (row.length && without <= wished * TALLEST_ROW && wished - withIt > without - wished) {
      rows.push(row);
      row = [];
      shape = 0;
    }
    row.push(each);
    shape += each;
    if (heightOf(shape, row.length, width, gap) <= wished) {
      rows.push(row);
      row = [];
      shape = 0;
    }
  }
  if (row.length) {
    const tooHigh = heightOf(shape, row.length, width, gap) > wished * TALLEST_ROW;
    if (tooHigh && goesOn && rows.length) rows.push([...rows.pop(), ...row]);
    else rows.push(row);
  }
  return place(rows, width, wished, gap, goesOn);
}

function heightOf(shape, count, width, gap) {
  return count ? (width - gap * (count - 1)) / shape : Infinity;
}

function place(rows, width, wished, gap, goesOn) {
  const boxes = [];
  let top = 0;
  rows.forEach((row, at) => {
    const shape = row.reduce((sum, one) => sum + one, 0);
    let height = heightOf(shape, row.length, width, gap);
    if (at === rows.length - 1 && !goesOn) height = Math.min(height, wished);
    let left = 0;
    for (const one of row) {
      boxes.push({ left, top, width: one * height, height });
      left += one * height + gap;
    }
    top += height + gap;
  });
  return { boxes, height: top };
}

/** The height that `count` photos of an average shape will take, in pixels. */
export function estimate(count, width, wished, gap, shape = 1.4) {
  const aRow = Math.max(1, (width + gap) / (shape * wished + gap));
  return Math.ceil(count / aRow) * (wished + gap);
}
