//go:build !linux

package cache

func bootNow() uint32 { return anyBoot }
