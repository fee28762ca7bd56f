import { defineConfig, mergeConfig } from "vitest/config";
import vite from "./vite.config.ts";

export default mergeConfig(
  vite,
  defineConfig({
    test: {
      environment: "node",
      testTimeout: 60_000,
      include: ["src/**/*.test.ts", "tests/*.test.ts"],
    },
  }),
);
