import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { invalidArgument } from '../../base/errors.js';
import { fileError } from '../../files/file-error.js';
import { writePrivate } from '../../files/private-file.js';

/** Font of the labels. It is shipped with the package, so a picture looks the same on every machine. */
export const FONT_FAMILY = 'Noto Sans';

const FONT_FILES = ['noto-sans-regular.ttf', 'noto-sans-bold.ttf'];

/** Gives the kind of picture by the ending of its path. @throws ERR_INVALID_ARG for other endings. */
export function pictureKind(path: string): 'png' | 'svg' {
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  if (ending === 'png' || ending === 'svg') return ending;
  throw invalidArgument('output', 'a path that ends with .png or .svg', path);
}

/** Writes an SVG picture to `path`, drawn into pixels when the path ends with `.png`. */
export async function writePicture(path: string, svg: string): Promise<void> {
  const content = pictureKind(path) === 'svg' ? svg : await renderPng(svg);
  try {
    await writePrivate(path, content);
  } catch (error) {
    throw fileError('write', path, error);
  }
}

let renderer: Promise<Renderer> | undefined;

type Renderer = (svg: string) => Uint8Array;

/** Draws an SVG picture into a PNG of the same size. */
export async function renderPng(svg: string): Promise<Uint8Array> {
  renderer ??= loadRenderer();
  return (await renderer)(svg);
}

async function loadRenderer(): Promise<Renderer> {
  const { initWasm, Resvg } = await import('@resvg/resvg-wasm');
  const require = createRequire(import.meta.url);
  const fonts = new URL('../../../assets/fonts/', import.meta.url);
  const [wasm, ...fontBuffers] = await Promise.all([
    readFile(require.resolve('@resvg/resvg-wasm/index_bg.wasm')),
    ...FONT_FILES.map((name) => readFile(new URL(name, fonts))),
  ]);
  await initWasm(wasm);
  return (svg) => {
    const picture = new Resvg(svg, { font: { fontBuffers, defaultFontFamily: FONT_FAMILY } });
    const image = picture.render();
    const png = image.asPng();
    image.free();
    picture.free();
    return png;
  };
}
