package main

// version is set by the linker: see scripts/build.
var version = "devel"

// versionText is what --version prints. Its first line ends with the version.
func versionText() string {
	return "psha1sum " + version + `
License MIT. There is no warranty, to the extent permitted by law.
It prints and checks what GNU coreutils 9.1 sha1sum does.
`
}
