package main

import "slices"

// median returns the middle of values, or the mean of the two in the middle.
// There must be at least one.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// middleHalf returns the least and the greatest of values without the quarter that is
// smallest and the quarter that is largest, both rounded down: of three values or
// fewer all of them. There must be at least one.
func middleHalf(values []float64) (low, high float64) {
	sorted := slices.Sorted(slices.Values(values))
	quarter := len(sorted) / 4
	return sorted[quarter], sorted[len(sorted)-1-quarter]
}

// pairedRatios returns slow[i]/fast[i]. Both slices have the times of the same
// rounds, so a ratio compares two runs that followed one another and a machine
// that was slow for a while cancels out.
func pairedRatios(slow, fast []float64) []float64 {
	ratios := make([]float64, len(slow))
	for i := range slow {
		ratios[i] = slow[i] / fast[i]
	}
	return ratios
}

// pairedRatio returns the median of those.
func pairedRatio(slow, fast []float64) float64 { return median(pairedRatios(slow, fast)) }
