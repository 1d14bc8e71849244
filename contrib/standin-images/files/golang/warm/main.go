// What is compiled here, of the standard library, is in the image's build cache.
package main

import (
	_ "context"
	_ "crypto/sha256"
	_ "database/sql"
	_ "embed"
	_ "encoding/hex"
	_ "encoding/json"
	_ "io/fs"
	_ "net/http"
	_ "os/exec"
	_ "os/signal"
	_ "regexp"
	_ "sort"
	_ "sync"
)

func main() {}
