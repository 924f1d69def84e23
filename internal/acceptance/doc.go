// Package acceptance holds the gateway, as the process that an operator runs,
// against what is promised of it: TLS and limits, receipts, restarts of either
// side, a crowd with abusers in it, load, drain. Its tests have the build tag e2e
// and take a tenth of the sizes unless READBACK_FULL is 1.
package acceptance
