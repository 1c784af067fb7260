/** Pixels [x0, x0 + width) × [y0, y0 + height), counted from 0 at the first pixel of the data array. */
export type PixelWindow = { readonly x0: number; readonly y0: number; readonly width: number; readonly height: number };

/** The part of `window` that lies in an image of `width` × `height` pixels; null where they share none. */
export function clipWindow(window: PixelWindow, image: { width: number; height: number }): PixelWindow | null {
  const x0 = Math.max(0, window.x0);
  const y0 = Math.max(0, window.y0);
  const x1 = Math.min(image.width, window.x0 + window.width);
  const y1 = Math.min(image.height, window.y0 + window.height);
  return x1 > x0 && y1 > y0 ? { x0, y0, width: x1 - x0, height: y1 - y0 } : null;
}
