/**
 * Runs a program of Node's that ends with the process that started this one, however that one ends: descriptor 3 is a pipe
 * from it, which the operating system closes.
 */
import { spawn } from "node:child_process";
import { Socket } from "node:net";

const program = spawn(process.execPath, process.argv.slice(2), { stdio: "inherit" });
const end = () => program.kill("SIGTERM");

new Socket({ fd: 3 }).on("error", end).on("close", end).resume();
process.on("SIGTERM", end);
// A terminal sends it to the program too.
process.on("SIGINT", () => {});
program.on("exit", (code) => process.exit(code ?? 1));
