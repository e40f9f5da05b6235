/** Whether a file's name says that it is YAML. */
export function isYaml(path: string): boolean {
  return /\.ya?ml$/.test(path);
}
