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

// machine is what a reader must know to judge the figures.
type machine struct {
	CPU      string `json:"cpu"`
	Vendor   string `json:"vendor,omitempty"` // of the CPU, as the kernel has it
	Features string `json:"features"`         // those that decide which kernel hashes
	Cores    int    `json:"cores"`            // that the process may use
	System   string `json:"system"`
	Load     string `json:"load"` // of others: runnable tasks in the last minute
}

// thisMachine describes the machine as far as it can be asked.
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

// hashingFeatures picks from the kernel's list of CPU flags (x86 or ARM names)
// those that matter to a hash.
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

// fields reads the first value of each "name: value" line of a file in /proc.
// Where there is no such file, it knows no values.
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

// fitsInMemory refuses rows whose files the page cache must hold and can't, as
// far as the system tells how much there is.
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

// goVersion returns the Go release that built the program, or "" if that can't
// be told.
func goVersion(program string) string {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return ""
	}
	return info.GoVersion
}
