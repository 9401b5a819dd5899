// Compiles the WebAssembly text files of src into modules that hold their bytes, which are committed: neither
// a build of the package nor its installation needs the compiler. Run it with `npm run build:wasm` after a change;
// with --check it writes nothing and fails when the bytes do not belong to the text.
import { readFileSync, writeFileSync } from 'node:fs';
import wabt from 'wabt';

/** The text files, each with the module that holds its bytes and the name that they have there. */
const KERNELS = [
  {
    wat: '../src/voice/resample/resample-kernel.wat',
    module: '../src/voice/resample/resample-kernel-bytes.ts',
    name: 'RESAMPLE_KERNEL',
  },
  {
    wat: '../src/voice/resample/spectral-kernel.wat',
    module: '../src/voice/resample/spectral-kernel-bytes.ts',
    name: 'SPECTRAL_KERNEL',
  },
  {
    wat: '../src/analysis/leg/leg-kernel.wat',
    module: '../src/analysis/leg/leg-kernel-bytes.ts',
    name: 'LEG_KERNEL',
  },
  {
    wat: '../src/analysis/leg/echo-kernel.wat',
    module: '../src/analysis/leg/echo-kernel-bytes.ts',
    name: 'ECHO_KERNEL',
  },
  {
    wat: '../src/voice/tone/sine-kernel.wat',
    module: '../src/voice/tone/sine-kernel-bytes.ts',
    name: 'SINE_KERNEL',
  },
  {
    wat: '../src/voice/mix/mix-kernel.wat',
    module: '../src/voice/mix/mix-kernel-bytes.ts',
    name: 'MIX_KERNEL',
  },
  {
    wat: '../src/analysis/neural/dense-kernel.wat',
    module: '../src/analysis/neural/dense-kernel-bytes.ts',
    name: 'DENSE_KERNEL',
  },
];

/** @param {URL} path */
async function compileWat(path) {
  const { parseWat } = await wabt();
  const module = parseWat(path.pathname, readFileSync(path, 'utf8'), { simd: true });
  try {
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

for (const { wat, module, name } of KERNELS) {
  const bytes = await compileWat(new URL(wat, import.meta.url));
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,100}/g) ?? [];
  const text = [
    `/** ${wat.split('/').at(-1)} compiled, in base64. Made by \`npm run build:wasm\`; do not edit. */`,
    `export const ${name} = [`,
    ...lines.map((line) => `  '${line}',`),
    "].join('');\n",
  ].join('\n');
  const path = new URL(module, import.meta.url);
  if (!process.argv.includes('--check')) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text) {
    process.stderr.write(`${module} is not what ${wat} compiles to: run npm run build:wasm.\n`);
    process.exitCode = 1;
  }
}
