// Imported with { type: "file" }: the default export is the path of the file, embedded or not.
declare module "*.css" {
  const path: string;
  export default path;
}
declare module "swagger-ui-dist/*" {
  const path: string;
  export default path;
}
