package main

import (
	"runtime"
	"strings"
	"testing"
)

// A release has its version in the command, the metric and the log; a build from the sources has one, too.
func TestVersion(t *testing.T) {
	before := release
	defer func() { release = before }()
	for _, tt := range []struct{ release, want string }{{"", version()}, {"v1.2.3", "v1.2.3"}} {
		release = tt.release
		var out strings.Builder
		root := newCommand()
		root.SetOut(&out)
		root.SetArgs([]string{"--version"})
		if err := root.Execute(); err != nil {
			t.Fatal(err)
		}
		if got, want := out.String(), "readback version "+tt.want+" "+runtime.Version(); tt.want == "" || !strings.HasPrefix(got, want) {
			t.Errorf("release %q: got %q, want %q", tt.release, got, want)
		}
		if out, err := execute(t, "version", "--json"); err != nil || !strings.HasPrefix(out, `{"arch":"`+runtime.GOARCH+`","go":"`) || !strings.Contains(out, `"version":"`+tt.want+`"`) {
			t.Errorf("release %q in JSON: got %q, %v", tt.release, out, err)
		}
		found := 0
		families, err := startService(t, nil).metrics.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "readback_build_info" && f.GetMetric()[0].GetLabel()[1].GetValue() == tt.want && f.GetMetric()[0].GetGauge().GetValue() == 1 {
				found++
			}
		}
		if found != 1 {
			t.Errorf("release %q: the metric does not have it", tt.release)
		}
	}
}
