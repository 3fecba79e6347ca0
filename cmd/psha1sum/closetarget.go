package main

import (
	"github.com/psha1sum/psha1sum/internal/atomicfile"

	"github.com/psha1sum/psha1sum/internal/console"
)

// closeTarget closes a target, to which the first error was failed, says what is to be
// said of that, and reports whether nothing is.
func closeTarget(d *console.Messages, t *atomicfile.File, failed error) (well bool) {
	text, kept := t.Close(failed)
	if kept != "" {
		text += "; the results are in " + d.Quoted(kept)
	}
	if text != "" {
		d.About(t.Name, text)
	}
	t.Release()
	return text == ""
}
