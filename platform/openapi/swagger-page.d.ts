/** Imported with { type: "file" }: the path of the file, embedded or not. */
declare const path: string;
export default path;
