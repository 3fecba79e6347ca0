package main

import "runtime/debug"

// version is set by the linker: see scripts/build.
var version string

// versionText is what --version prints. Its first line ends with the version.
func versionText() string {
	if version == "" {
		version = moduleVersion()
	}
	return "psha1sum " + version + `
License MIT. There is no warranty, to the extent permitted by law.
It prints and checks what sha1sum of GNU coreutils 9.1 does, and its relatives.
`
}

// moduleVersion is the version that go install was asked for.
func moduleVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "devel"
}
