package main

import "slices"

// median returns the middle of values, or the mean of the two in the middle. values
// must not be empty.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// middleHalf returns the minimum and maximum of values without the lowest and the
// highest quarter, each rounded down: all values if there are at most three. values
// must not be empty.
func middleHalf(values []float64) (low, high float64) {
	sorted := slices.Sorted(slices.Values(values))
	quarter := len(sorted) / 4
	return sorted[quarter], sorted[len(sorted)-1-quarter]
}

// pairedRatios returns slow[i]/fast[i]. Both have the times of the same rounds, so each
// ratio compares consecutive runs, and a temporary slowdown of the machine cancels out.
func pairedRatios(slow, fast []float64) []float64 {
	ratios := make([]float64, len(slow))
	for i := range slow {
		ratios[i] = slow[i] / fast[i]
	}
	return ratios
}

// pairedRatio returns the median of pairedRatios.
func pairedRatio(slow, fast []float64) float64 { return median(pairedRatios(slow, fast)) }
