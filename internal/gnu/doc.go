// Package gnu has the texts of GNU's tools: system errors as the C library words them,
// quoting by locale, and sentences that several reports use. It prints nothing.
package gnu
