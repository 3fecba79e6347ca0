// Package explain is the report of --explain: it prints details and likely reasons for
// failed files and malformed lines.
//
// It reads files again, looks for missing files, and recognizes contents and malformed
// lines. It changes no verdict, and opens files only within the run's limits.
package explain
