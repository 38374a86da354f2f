/** Text from the network, for a terminal: what would control it is shown as an escape. */
export function printable(text: string): string {
  return text.replaceAll(/(?!\n)\p{Cc}/gu, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
