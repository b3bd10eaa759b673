package veil

import (
	"k8s.io/utils/lru"

	"tenon.dev/tenon/internal/pattern"
)

// secretName fits the names of variables, parameters and keys that hold secrets.
var secretName = pattern.New(`(?i)(passw(or)?d|passphrase|secret|token|api[-_.]?key|access[-_]?key|private[-_]?key|signing[-_]?key|encrypt(ion)?[-_]?key|master[-_]?key|ssh[-_]?key|gpg[-_]?key|account[-_]?key|auth[-_]?key|credential|webhook[-_]?url|` +
	`(pwd|pass)$|(^|[-_.])(auth|pat|pw|creds?|jwt)$)`)

// reference fits the names of fields that say where a secret is, not what it is.
var reference = pattern.New(`(Name|Ref|Class|Namespace|Type|Kind|Policy|Selector|Label|[-_](name|ref|class|namespace|type))$|^(secret|imagePullSecrets?|pullSecrets?|secrets|tokenRequests)$`)

// file fits the names of fields that say in which file a secret is.
var file = pattern.New(`(Path|File|Dir|[-_](path|file|dir))$`)

// identifier fits what objects are called, keyName what a key of a Secret is, which has no digits as
// passwords do.
var (
	identifier = pattern.New(`^[a-z0-9][-a-z0-9.]{0,252}$`)
	keyName    = pattern.New(`^[a-z][a-z._-]{0,30}$`)
)

// names keeps what was found of names: manifests are full of the same few.
var names = lru.New(4096)

// known is what the expressions about names say of one.
type known struct{ secret, weak, several bool }

func nameOnly(name string) known {
	const short = 64
	if len(name) > short {
		return asked(name)
	}
	if before, ok := names.Get(name); ok {
		return before.(known)
	}
	is := asked(name)
	names.Add(name, is)
	return is
}

func asked(name string) known {
	return known{secretName.MatchString(name), weakName.MatchString(name), several.MatchString(name)}
}

// IsName tells whether a name is one of a secret.
func IsName(name string) bool { return nameOnly(name).secret }
