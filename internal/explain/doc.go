// Package explain is the report of --explain: what is known of files that are not what
// they should be, and of lines that are none, with the likely reasons.
//
// It reads files again, looks for those that are missing, and knows what contents and
// malformed lines look like. It changes no verdict, and opens nothing that the run
// doesn't let it open.
package explain
