declare module "@fontsource-variable/figtree";
declare module "*.svg" {
  const address: string;
  export default address;
}
