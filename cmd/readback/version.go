package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"readback/internal/metric"
)

// release is the version of a release. The linker sets it: -ldflags "-X main.release=v1.2.3".
var release string

func versionCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "version", Short: "Print the version", Args: cobra.NoArgs}
	asJSON := cmd.Flags().Bool("json", false, "JSON, in place of the line for people")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *asJSON {
			return sayJSON(cmd, map[string]string{"version": version(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH})
		}
		say(cmd.OutOrStdout(), "readback %s\n", versionLine())
		return nil
	}
	return cmd
}

// versionLine is the version with what it was built by, and for.
func versionLine() string {
	return fmt.Sprintf("%s %s %s/%s", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// version returns the version of the release, or of the module, or the revision that it was built from.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && info.Main.Version == "(devel)" {
			return s.Value
		}
	}
	return info.Main.Version
}

// addBuild declares the metric that tells releases apart.
func addBuild(reg prometheus.Registerer) {
	metric.With(reg).GaugeVec(metric.Opts{
		Name: "readback_build_info", Help: "1; the labels say which release runs.",
		Labels: []string{"version", "goversion"},
	}).WithLabelValues(version(), runtime.Version()).Set(1)
}
