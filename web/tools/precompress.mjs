// Writes .br and .gz beside every text asset of a build: node tools/precompress.mjs dist
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const TEXT = /\.(js|css|svg|json|txt)$/;
const folder = join(process.argv[2] ?? "dist", "assets");

for (const name of readdirSync(folder).filter((name) => TEXT.test(name))) {
  const path = join(folder, name);
  const content = readFileSync(path);
  const options = {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  };
  writeFileSync(`${path}.br`, brotliCompressSync(content, options));
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
}
