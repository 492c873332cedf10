/** Version of the software, told by `--version`, `/version`, Hello and the page. */
export const VERSION = '0.1.0';
