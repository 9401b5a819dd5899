;; The inner loops of the resampler: 4 floats at a time (WebAssembly SIMD).
;; Everything lies in the one memory; addresses and counts are given by the caller (resample-kernel.ts).
(module
  (memory (export "memory") 1)

  ;; Takes one channel out of interleaved s16: target[i] = source[i * stride], as f32. `stride` counts samples.
  (func (export "widen") (param $source i32) (param $stride i32) (param $target i32) (param $count i32)
    (local $end i32)
    (local $eighth i32)
    (local $eight v128)
    (local.set $end (i32.add (local.get $target) (i32.shl (local.get $count) (i32.const 2))))
    (if (i32.eq (local.get $stride) (i32.const 1))
      (then
        (local.set $eighth (i32.and (local.get $count) (i32.const -8)))
        (local.set $eighth (i32.add (local.get $target) (i32.shl (local.get $eighth) (i32.const 2))))
        (block $done
          (loop $more
            (br_if $done (i32.ge_u (local.get $target) (local.get $eighth)))
            (local.set $eight (v128.load align=2 (local.get $source)))
            (v128.store align=4 (local.get $target)
              (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_s (local.get $eight))))
            (v128.store offset=16 align=4 (local.get $target)
              (f32x4.convert_i32x4_s (i32x4.extend_high_i16x8_s (local.get $eight))))
            (local.set $source (i32.add (local.get $source) (i32.const 16)))
            (local.set $target (i32.add (local.get $target) (i32.const 32)))
            (br $more)))))
    (local.set $stride (i32.shl (local.get $stride) (i32.const 1)))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $target) (local.get $end)))
        (f32.store (local.get $target) (f32.convert_i32_s (i32.load16_s (local.get $source))))
        (local.set $source (i32.add (local.get $source) (local.get $stride)))
        (local.set $target (i32.add (local.get $target) (i32.const 4)))
        (br $more))))

  ;; Puts one channel into interleaved s16: target[i * stride] = source[i], rounded to nearest and clipped.
  (func (export "narrow") (param $source i32) (param $target i32) (param $stride i32) (param $count i32)
    (local $end i32)
    (local $eighth i32)
    (local.set $end (i32.add (local.get $source) (i32.shl (local.get $count) (i32.const 2))))
    (if (i32.eq (local.get $stride) (i32.const 1))
      (then
        (local.set $eighth (i32.and (local.get $count) (i32.const -8)))
        (local.set $eighth (i32.add (local.get $source) (i32.shl (local.get $eighth) (i32.const 2))))
        (block $done
          (loop $more
            (br_if $done (i32.ge_u (local.get $source) (local.get $eighth)))
            (v128.store align=2 (local.get $target)
              (i16x8.narrow_i32x4_s
                (i32x4.trunc_sat_f32x4_s (f32x4.nearest (v128.load align=4 (local.get $source))))
                (i32x4.trunc_sat_f32x4_s (f32x4.nearest (v128.load offset=16 align=4 (local.get $source))))))
            (local.set $source (i32.add (local.get $source) (i32.const 32)))
            (local.set $target (i32.add (local.get $target) (i32.const 16)))
            (br $more)))))
    (local.set $stride (i32.shl (local.get $stride) (i32.const 1)))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $source) (local.get $end)))
        (i32.store16 (local.get $target)
          (i32.trunc_sat_f32_s
            (f32.nearest
              (f32.max (f32.const -32768) (f32.min (f32.const 32767) (f32.load (local.get $source)))))))
        (local.set $source (i32.add (local.get $source) (i32.const 4)))
        (local.set $target (i32.add (local.get $target) (local.get $stride)))
        (br $more))))

  ;; Computes `count` outputs. `input` is the first tap of the first of them. After each output the input moves
  ;; by `whole` samples and the phase by `part`; a phase past the last moves the input by one more sample.
  ;; `taps` is a multiple of 4.
  ;;
  ;; Outputs that lie `phases` apart share a row of the bank and are `step` samples apart in the input, so they are
  ;; computed four at a time: a coefficient is loaded once for all four.
  (func (export "filter")
    (param $input i32) (param $bank i32) (param $output i32) (param $count i32)
    (param $taps i32) (param $phase i32) (param $phases i32) (param $whole i32) (param $part i32)
    (local $rowBytes i32)
    (local $row i32)
    (local $step i32)
    (local $four i32)
    (local $left i32)
    (local.set $rowBytes (i32.shl (local.get $taps) (i32.const 2)))
    (local.set $step (i32.add (i32.mul (local.get $whole) (local.get $phases)) (local.get $part)))
    (local.set $step (i32.shl (local.get $step) (i32.const 2)))
    (local.set $whole (i32.shl (local.get $whole) (i32.const 2)))
    ;; Outputs that four rounds of all phases make; as it happens, also the bytes of one round.
    (local.set $four (i32.shl (local.get $phases) (i32.const 2)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (if (i32.eqz (local.get $left))
          (then
            (if (i32.ge_u (local.get $count) (local.get $four))
              (then (local.set $left (local.get $phases))))))
        (local.set $row
          (i32.add (local.get $bank) (i32.mul (local.get $phase) (local.get $rowBytes))))
        (if (local.get $left)
          (then
            (call $fourOutputs (local.get $input) (local.get $row) (local.get $output) (local.get $rowBytes)
              (local.get $step) (local.get $four))
            (local.set $count (i32.sub (local.get $count) (i32.const 4)))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            ;; The last phase of the round: the next output comes three rounds later.
            (if (i32.eqz (local.get $left))
              (then
                (local.set $output (i32.add (local.get $output) (i32.mul (local.get $four) (i32.const 3))))
                (local.set $input (i32.add (local.get $input) (i32.mul (local.get $step) (i32.const 3)))))))
          (else
            (call $oneOutput (local.get $input) (local.get $row) (local.get $output) (local.get $rowBytes))
            (local.set $count (i32.sub (local.get $count) (i32.const 1)))))
        (local.set $output (i32.add (local.get $output) (i32.const 4)))
        (local.set $input (i32.add (local.get $input) (local.get $whole)))
        (local.set $phase (i32.add (local.get $phase) (local.get $part)))
        (if (i32.ge_u (local.get $phase) (local.get $phases))
          (then
            (local.set $phase (i32.sub (local.get $phase) (local.get $phases)))
            (local.set $input (i32.add (local.get $input) (i32.const 4)))))
        (br $next))))

  ;; One output: the products of a row and the input, added up in two sums of four lanes in turn.
  (func $oneOutput (param $x i32) (param $row i32) (param $output i32) (param $rowBytes i32)
    (local $end i32)
    (local $a v128) (local $b v128)
    (local.set $end (i32.add (local.get $row) (local.get $rowBytes)))
    (block $done
      (loop $nextTaps
        (local.set $a (f32x4.add (local.get $a)
          (f32x4.mul (v128.load align=4 (local.get $x)) (v128.load (local.get $row)))))
        (br_if $done (i32.eq (i32.add (local.get $row) (i32.const 16)) (local.get $end)))
        (local.set $b (f32x4.add (local.get $b)
          (f32x4.mul (v128.load offset=16 align=4 (local.get $x)) (v128.load offset=16 (local.get $row)))))
        (local.set $x (i32.add (local.get $x) (i32.const 32)))
        (local.set $row (i32.add (local.get $row) (i32.const 32)))
        (br_if $nextTaps (i32.lt_u (local.get $row) (local.get $end)))))
    (local.set $a (f32x4.add (local.get $a) (local.get $b)))
    (f32.store (local.get $output)
      (f32.add
        (f32.add (f32x4.extract_lane 0 (local.get $a)) (f32x4.extract_lane 1 (local.get $a)))
        (f32.add (f32x4.extract_lane 2 (local.get $a)) (f32x4.extract_lane 3 (local.get $a))))))

  ;; Four outputs of one row, whose inputs lie `step` bytes apart and whose places `apart` bytes. Each is added up in
  ;; the order of $oneOutput, to the same float: how the input was cut must not be heard.
  ;;
  ;; The row may end after each four taps. The branch there also keeps V8 from loading more of them ahead than there
  ;; are registers, which would cost half the speed.
  (func $fourOutputs (param $x0 i32) (param $row i32) (param $output i32) (param $rowBytes i32)
    (param $step i32) (param $apart i32)
    (local $x1 i32) (local $x2 i32) (local $x3 i32)
    (local $end i32)
    (local $c v128)
    (local $a0 v128) (local $a1 v128) (local $a2 v128) (local $a3 v128)
    (local $b0 v128) (local $b1 v128) (local $b2 v128) (local $b3 v128)
    (local.set $x1 (i32.add (local.get $x0) (local.get $step)))
    (local.set $x2 (i32.add (local.get $x1) (local.get $step)))
    (local.set $x3 (i32.add (local.get $x2) (local.get $step)))
    (local.set $end (i32.add (local.get $row) (local.get $rowBytes)))
    (block $done
      (loop $nextTaps
        (local.set $c (v128.load (local.get $row)))
        (local.set $a0 (f32x4.add (local.get $a0) (f32x4.mul (v128.load align=4 (local.get $x0)) (local.get $c))))
        (local.set $a1 (f32x4.add (local.get $a1) (f32x4.mul (v128.load align=4 (local.get $x1)) (local.get $c))))
        (local.set $a2 (f32x4.add (local.get $a2) (f32x4.mul (v128.load align=4 (local.get $x2)) (local.get $c))))
        (local.set $a3 (f32x4.add (local.get $a3) (f32x4.mul (v128.load align=4 (local.get $x3)) (local.get $c))))
        (br_if $done (i32.eq (i32.add (local.get $row) (i32.const 16)) (local.get $end)))
        (local.set $c (v128.load offset=16 (local.get $row)))
        (local.set $b0 (f32x4.add (local.get $b0) (f32x4.mul (v128.load offset=16 align=4 (local.get $x0)) (local.get $c))))
        (local.set $b1 (f32x4.add (local.get $b1) (f32x4.mul (v128.load offset=16 align=4 (local.get $x1)) (local.get $c))))
        (local.set $b2 (f32x4.add (local.get $b2) (f32x4.mul (v128.load offset=16 align=4 (local.get $x2)) (local.get $c))))
        (local.set $b3 (f32x4.add (local.get $b3) (f32x4.mul (v128.load offset=16 align=4 (local.get $x3)) (local.get $c))))
        (br_if $done (i32.eq (i32.add (local.get $row) (i32.const 32)) (local.get $end)))
        (local.set $c (v128.load offset=32 (local.get $row)))
        (local.set $a0 (f32x4.add (local.get $a0) (f32x4.mul (v128.load offset=32 align=4 (local.get $x0)) (local.get $c))))
        (local.set $a1 (f32x4.add (local.get $a1) (f32x4.mul (v128.load offset=32 align=4 (local.get $x1)) (local.get $c))))
        (local.set $a2 (f32x4.add (local.get $a2) (f32x4.mul (v128.load offset=32 align=4 (local.get $x2)) (local.get $c))))
        (local.set $a3 (f32x4.add (local.get $a3) (f32x4.mul (v128.load offset=32 align=4 (local.get $x3)) (local.get $c))))
        (br_if $done (i32.eq (i32.add (local.get $row) (i32.const 48)) (local.get $end)))
        (local.set $c (v128.load offset=48 (local.get $row)))
        (local.set $b0 (f32x4.add (local.get $b0) (f32x4.mul (v128.load offset=48 align=4 (local.get $x0)) (local.get $c))))
        (local.set $b1 (f32x4.add (local.get $b1) (f32x4.mul (v128.load offset=48 align=4 (local.get $x1)) (local.get $c))))
        (local.set $b2 (f32x4.add (local.get $b2) (f32x4.mul (v128.load offset=48 align=4 (local.get $x2)) (local.get $c))))
        (local.set $b3 (f32x4.add (local.get $b3) (f32x4.mul (v128.load offset=48 align=4 (local.get $x3)) (local.get $c))))
        (local.set $x0 (i32.add (local.get $x0) (i32.const 64)))
        (local.set $x1 (i32.add (local.get $x1) (i32.const 64)))
        (local.set $x2 (i32.add (local.get $x2) (i32.const 64)))
        (local.set $x3 (i32.add (local.get $x3) (i32.const 64)))
        (local.set $row (i32.add (local.get $row) (i32.const 64)))
        (br_if $nextTaps (i32.lt_u (local.get $row) (local.get $end)))))
    (local.set $a0 (f32x4.add (local.get $a0) (local.get $b0)))
    (local.set $a1 (f32x4.add (local.get $a1) (local.get $b1)))
    (local.set $a2 (f32x4.add (local.get $a2) (local.get $b2)))
    (local.set $a3 (f32x4.add (local.get $a3) (local.get $b3)))
    ;; Neighbouring lanes of all four are added, and then their sums, so that lane n becomes output n.
    (local.set $a0 (f32x4.add
      (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (local.get $a0) (local.get $a1))
      (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31 (local.get $a0) (local.get $a1))))
    (local.set $a2 (f32x4.add
      (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (local.get $a2) (local.get $a3))
      (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31 (local.get $a2) (local.get $a3))))
    (local.set $c (f32x4.add
      (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (local.get $a0) (local.get $a2))
      (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31 (local.get $a0) (local.get $a2))))
    (f32.store (local.get $output) (f32x4.extract_lane 0 (local.get $c)))
    (local.set $output (i32.add (local.get $output) (local.get $apart)))
    (f32.store (local.get $output) (f32x4.extract_lane 1 (local.get $c)))
    (local.set $output (i32.add (local.get $output) (local.get $apart)))
    (f32.store (local.get $output) (f32x4.extract_lane 2 (local.get $c)))
    (local.set $output (i32.add (local.get $output) (local.get $apart)))
    (f32.store (local.get $output) (f32x4.extract_lane 3 (local.get $c)))))
