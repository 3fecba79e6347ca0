package main

import (
	"bufio"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// machine describes the machine, to judge the figures.
type machine struct {
	CPU      string `json:"cpu"`
	Vendor   string `json:"vendor,omitempty"` // of the CPU, as the kernel reports it
	Features string `json:"features"`         // those that affect the choice of kernels
	Cores    int    `json:"cores"`            // available to the process
	System   string `json:"system"`
	Load     string `json:"load"` // runnable tasks on average in the last minute
}

// thisMachine describes the machine as far as possible.
func thisMachine() machine {
	m := machine{CPU: runtime.GOARCH, Cores: runtime.NumCPU(), System: runtime.GOOS}
	if out, err := exec.Command("uname", "-srm").Output(); err == nil {
		m.System = strings.TrimSpace(string(out))
	}
	info := fields("/proc/cpuinfo")
	if name := info["model name"]; name != "" {
		m.CPU = name
	}
	m.Vendor = info["vendor_id"]
	m.Features = hashingFeatures(info["flags"] + " " + info["Features"])
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load, _, _ = strings.Cut(string(load), " ")
	}
	return m
}

// hashingFeatures returns those of the kernel's CPU flags (x86 or ARM names) that
// matter for hashing.
func hashingFeatures(flags string) string {
	var found []string
	for flag := range strings.FieldsSeq(flags) {
		switch flag {
		case "sha_ni", "avx2", "avx512f", "avx512bw", "sha1", "sha2", "sha512":
			found = append(found, flag)
		}
	}
	return strings.Join(found, " ")
}

// fields returns the first value of each "name: value" line of a file in /proc, or
// nothing if there is no such file.
func fields(path string) map[string]string {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	values := make(map[string]string)
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		name = strings.TrimSpace(name)
		if _, known := values[name]; !known {
			values[name] = strings.TrimSpace(value)
		}
	}
	return values
}

// fitsInMemory refuses rows whose files don't fit into memory, as far as its size is
// known.
func fitsInMemory(rows []row) error {
	text, ok := strings.CutSuffix(fields("/proc/meminfo")["MemAvailable"], " kB")
	if !ok {
		return nil
	}
	available, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("/proc/meminfo: %w", err)
	}
	var total int64
	seen := make(map[string]bool)
	for _, r := range rows {
		if !r.kind.isCold() && !seen[r.data.name] {
			for i := range r.data.files {
				total += r.data.space(i)
			}
			seen[r.data.name] = true
		}
	}
	if total >= available<<10 {
		return fmt.Errorf("the files of these rows (%d MiB) don't fit in the available memory (%d MiB): choose fewer -rows", total>>20, available>>10)
	}
	return nil
}

// goVersion returns the Go release that built the program, or "" if unknown.
func goVersion(program string) string {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return ""
	}
	return info.GoVersion
}
