package config

import (
	"os"
	"regexp"
	"slices"
	"strings"

	"readback/internal/setting"
)

const (
	envPrefix = "READBACK_"
	envFile   = envPrefix + "CONFIG" // instead of --config
)

// serviceLink matches the variables that Kubernetes sets in every container for a service
// whose name begins with readback.
var serviceLink = regexp.MustCompile(`^READBACK_(.*_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_(TCP|UDP)(_.*)?)?)$`)

// envName returns the variable that sets a key: track.carriage is
// READBACK_TRACK_CARRIAGE.
func envName(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// checkEnvironment refuses variables that look like settings and are none. Messages do not
// show their values, since they may be secret.
func checkEnvironment() Errors {
	known := []string{envFile}
	for _, f := range fields {
		if !f.IsTree() {
			known = append(known, envName(f.Key))
		}
	}
	var errs Errors
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, envPrefix) || slices.Contains(known, name) {
			continue
		}
		if p := unknownVariable(name, value, known); p != nil {
			errs = append(errs, &Error{File: name, Problem: p.What, Hint: p.Hint})
		}
	}
	return errs
}

func unknownVariable(name, value string, known []string) *problem {
	names := func(keys []string) []string {
		all := make([]string, len(keys))
		for i, k := range keys {
			all[i] = envName(k)
		}
		return all
	}
	var trees []string
	for _, f := range fields {
		if f.IsTree() {
			trees = append(trees, f.Key)
		}
	}
	switch {
	case under(name, names(trees)):
		return &problem{"cannot be set by a variable", "write it in the file"}
	case under(name, names(laterKeys)):
		if value == "" || value == "false" {
			return nil
		}
		return &problem{setting.NotYet, "unset it"}
	case serviceLink.MatchString(name):
		return &problem{"unknown variable", "if Kubernetes made it for a service: enableServiceLinks: false"}
	}
	if near := setting.Nearest(name, known, 3); near != "" {
		return &problem{"unknown variable", "did you mean " + near + "?"}
	}
	return &problem{"unknown variable", "READBACK_SECTION_KEY, such as " + envName("track.carriage")}
}

// under reports whether a variable is one of the names, or belongs to a key below one.
func under(name string, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return name == n || strings.HasPrefix(name, n+"_") })
}
