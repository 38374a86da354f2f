/** Defined by `build.ts`: the version in package.json and the commit. */
declare const BUILD_VERSION: string | undefined;

/** `1.2.3 (abc1234)` in an executable, `dev` from source. */
export const VERSION = typeof BUILD_VERSION === "string" ? BUILD_VERSION : "dev";
