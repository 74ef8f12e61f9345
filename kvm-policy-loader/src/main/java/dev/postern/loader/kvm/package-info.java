/**
 * The kvm backend: talks to {@code /dev/postern}, the module in {@code kernel/}, as {@code
 * docs/kvm-abi.md} says. {@link dev.postern.loader.kvm.Abi} has the structures, checked against the
 * C header by a test; {@link dev.postern.loader.kvm.PosternDevice} the calls; {@link
 * dev.postern.loader.kvm.KvmInstaller} what is done with them. The virtual machine is found through
 * its running monitor's file descriptors ({@link dev.postern.loader.kvm.VmFile}), which the monitor
 * need not know of.
 */
@NullMarked
package dev.postern.loader.kvm;

import org.jspecify.annotations.NullMarked;
