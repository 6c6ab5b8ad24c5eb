// SPDX-License-Identifier: GPL-2.0-or-later
// Hold files of writer-make, in colour and of three frames or more, against
// what they were given, by h5wasm.
//
//   writer-h5wasm.mjs FOLDER_OF_H5WASM FILE...
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, ...files] = process.argv.slice(2);
const found = resolve(folder, "node_modules/h5wasm/dist/node/hdf5_hl.js");
const h5wasm = (await import(pathToFileURL(found))).default;
await h5wasm.ready;

function must(condition, sentence) {
	if (!condition) {
		console.log(sentence);
		process.exit(1);
	}
}

function checkPixels(name, values, frames) {
	const size = values.length / frames.length;

	frames.forEach((frame, n) => {
		for (let k = 0; k < size; k++)
			must(values[n * size + k] ===
			     (7 * frame + 31 * k + Math.floor(k / 256)) % 256,
			     `${name}: byte ${k} of frame ${frame} differs`);
	});
}

for (const path of files) {
	const file = new h5wasm.File(path, "r");
	const data = file.get("/entry/data/data");
	const all = [...Array(data.shape[0]).keys()];

	must(all.length >= 3 && data.shape[3] === 3, `${path}: ${data.shape}`);
	checkPixels(path, data.value, all);
	checkPixels(`${path}: in_scan`, file.get("/entry/in_scan/data").value,
		    all.filter((n) => n % 2));
	must(file.get("/tomo/definition").value === "NXtomo", "no NXtomo");
	file.close();
}
