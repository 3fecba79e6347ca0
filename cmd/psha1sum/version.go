package main

import "runtime/debug"

// version is set by the linker: see scripts/build.
var version string

// versionText returns the output of --version. Its first line ends with the version.
func versionText() string {
	return "psha1sum " + shortVersion() + `
License MIT. There is no warranty, to the extent permitted by law.
It prints and checks what sha1sum of GNU coreutils 9.1 does, and its relatives.
`
}

// shortVersion returns the version alone.
func shortVersion() string {
	if version != "" {
		return version
	}
	return moduleVersion()
}

// moduleVersion returns the version that go install built.
func moduleVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "devel"
}
