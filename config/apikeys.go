package config

import (
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"

	"readback/relay/access"
)

// readAPIKeys reads the list of keys.
func readAPIKeys(l *loader) {
	l.cfg.Relay.APIKeys = items[access.APIKey]{
		key: "reads.api_keys", example: "{name: app, sha256: …}", needs: []string{"name", "sha256"},
		take: takeKey, name: func(k *access.APIKey) string { return k.Name },
	}.read(l)
}

// maxKeyRate is more than one gateway can handle.
const maxKeyRate = 10_000_000

// takeKey reads one value of a key.
func takeKey(k *access.APIKey, name string, v *yaml.Node) *problem {
	switch name {
	case "name":
		return takeText(&k.Name, v, "a name for the log")
	case "sha256":
		return takeSum(&k.SHA256, v, "KEY")
	case "rate":
		n, err := strconv.Atoi(v.Value)
		if err != nil || v.ShortTag() != "!!int" || n < 1 || n > maxKeyRate {
			return &problem{"not a rate", fmt.Sprintf("reads a minute, 1 to %d; left out it is no limit", maxKeyRate)}
		}
		k.Rate = n
		return nil
	}
	return &problem{"unknown key", "the keys here are name, sha256, rate"}
}
