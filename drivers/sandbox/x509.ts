// @peculiar/x509 reads decorator metadata when it loads, so the polyfill goes first, in this one place.
import "reflect-metadata";

export * as x509 from "@peculiar/x509";
