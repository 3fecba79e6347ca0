//go:build !unix

package console

import "os"

// Terminals are not supported on this system.

func isTerminal(*os.File) bool { return false }

func columnsOf(*os.File) int { return 0 }

func inForeground(*os.File) (yes, ok bool) { return false, false }

func takesLines(*os.File) bool { return false }

func isWritable(*os.File) bool { return false }
