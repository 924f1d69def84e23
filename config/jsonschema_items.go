package config

import (
	"readback/internal/setting"
)

// itemSchemas are the schemas of what stands in the lists of mappings, by the key of the list.
var itemSchemas = map[string]setting.Schema{
	"reads.api_keys": item([]string{"name", "sha256"}, setting.Schema{
		"name": name("a name for the log"), "sha256": sum("the key"),
		"rate":   setting.Schema{"type": "integer", "minimum": 1, "maximum": maxKeyRate, "description": "reads a minute; left out it is no limit"},
		"scopes": scopes(), "accounts": words("system_ids about whose messages it may say something; left out it is all"),
	}),
	"reads.certificates": item([]string{"name"}, setting.Schema{
		"name": name("the common name or a DNS name in the certificate"), "scopes": scopes(),
		"accounts": words("system_ids about whose messages it may say something; left out it is all"),
	}),
	"relay.users": item([]string{"name"}, setting.Schema{
		"name": name("the name that the client presents"), "sha256": sum("the password"),
		"nkey": setting.Schema{"type": "string", "pattern": "^U", "description": "public key of the user, as nk -gen user -pubout prints it"},
		"full": setting.Schema{"type": "boolean", "description": "may do everything, also take feedback and purge"},
	}),
	"ops.operators": item([]string{"name", "roles"}, setting.Schema{
		"name": name("a name for the log"), "sha256": sum("the token"),
		"certificate": name("the common name, DNS name or e-mail address in the certificate"),
		"roles":       words("what the operator may do", "viewer", "operator", "privacy"),
	}),
}

func item(needs []string, properties setting.Schema) setting.Schema {
	return setting.Schema{"type": "object", "additionalProperties": false, "required": needs, "properties": properties}
}

func name(doc string) setting.Schema {
	return setting.Schema{"type": "string", "minLength": 1, "description": doc}
}

// sum is the SHA-256 of a secret. YAML reads one of digits alone as a number.
func sum(of string) setting.Schema {
	return setting.Schema{"type": []string{"string", "number"}, "pattern": "^[0-9a-fA-F]{64}$", "description": "SHA-256 of " + of + " in 64 hexadecimal digits"}
}

func scopes() setting.Schema {
	return words("what it may do; left out it is everything", "report", "lookup", "erase")
}

// words is a list of at least one text, of these if there are any.
func words(doc string, among ...string) setting.Schema {
	one := setting.Schema{"type": "string", "minLength": 1}
	if len(among) > 0 {
		one = setting.Schema{"enum": among}
	}
	return setting.Schema{"type": "array", "minItems": 1, "items": one, "description": doc}
}
