import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` passes everything but the page itself to a running platform.
const platform = process.env.BOUVIER_URL ?? "https://127.0.0.1:6443";
const passed = { target: platform, secure: false, ws: true, changeOrigin: true };

export default defineConfig({
  base: "/console/",
  plugins: [react()],
  build: {
    outDir: "../src/bouvier/console/dist",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    // One style sheet: a page that is opened later must not fail for want of a small file.
    cssCodeSplit: false,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { "/api": passed, "/apis": passed, "/bouvier": passed } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
