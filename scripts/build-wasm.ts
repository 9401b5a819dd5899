// Compiles the WebAssembly text files of src/voice into modules that hold their bytes, which are committed: neither
// a build of the package nor its installation needs the compiler. Run it with `npm run build:wasm` after a change;
// a test fails when the bytes do not belong to the text.
import { readFileSync, writeFileSync } from 'node:fs';
import wabt from 'wabt';

/** The bytes of one WebAssembly text file. */
export async function compileWat(path: URL): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const module = parseWat(path.pathname, readFileSync(path, 'utf8'), { simd: true });
  try {
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

/** The text files that there are, each with the module that holds its bytes and the name they have there. */
export const KERNELS = [
  {
    wat: new URL('../src/voice/convert/resample-kernel.wat', import.meta.url),
    module: new URL('../src/voice/convert/resample-kernel-bytes.ts', import.meta.url),
    name: 'RESAMPLE_KERNEL',
  },
] as const;

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const { wat, module, name } of KERNELS) {
    const bytes = await compileWat(wat);
    const base64 = Buffer.from(bytes).toString('base64');
    const lines = (base64.match(/.{1,100}/g) ?? []).map((line) => `  '${line}',`);
    const source = wat.pathname.split('/').at(-1);
    const text = `/** ${source} compiled, in base64. Made by \`npm run build:wasm\`; do not edit. */\nexport const ${name} = [\n${lines.join('\n')}\n].join('');\n`;
    writeFileSync(module, text);
  }
}
