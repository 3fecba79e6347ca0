//go:build unix

package clitest

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// Nobody is the unprivileged user as whom root runs tools whose access should be denied.
var Nobody = &syscall.Credential{Uid: 65534, Gid: 65534}

// NobodyRuns reports whether that user can run tools, which isn't the case if the
// directory for temporary files is private.
var NobodyRuns = sync.OnceValue(func() bool {
	for _, tool := range []*Tool{Ours, GNU} {
		command := exec.Command(tool.Path(), "--version")
		command.Dir = tool.Dir
		command.SysProcAttr = &syscall.SysProcAttr{Credential: Nobody}
		if command.Run() != nil {
			return false
		}
	}
	return true
})

// Unprivileged returns settings for a tool that runs in a directory without all
// permissions: root runs it as another user.
func Unprivileged(t *testing.T, dir string) Settings {
	t.Helper()
	s := Settings{Dir: dir}
	if os.Geteuid() == 0 {
		if !NobodyRuns() {
			Lacks(t, "another user can't reach the tools in %s", filepath.Dir(Ours.Dir))
		}
		s.As = Nobody
	}
	return s
}
