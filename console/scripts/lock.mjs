// Writes package-lock.json anew, without any address: registry and funding URLs say where it was made, not what it holds.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

execFileSync("npm", ["install", "--package-lock-only", "--ignore-scripts"], { stdio: "inherit" });
const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
for (const entry of Object.values(lock.packages)) {
  for (const key of ["resolved", "funding", "deprecated"]) delete entry[key];
}
writeFileSync("package-lock.json", `${JSON.stringify(lock, null, 2)}\n`);
