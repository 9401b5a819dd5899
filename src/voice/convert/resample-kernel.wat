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
    (local.set $end (i32.add (local.get $source) (i32.shl (local.get $count) (i32.const 2))))
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
  ;; `taps` is a multiple of 16.
  (func (export "filter")
    (param $input i32) (param $bank i32) (param $output i32) (param $count i32)
    (param $taps i32) (param $phase i32) (param $phases i32) (param $whole i32) (param $part i32)
    (local $outputEnd i32)
    (local $x i32)
    (local $row i32)
    (local $rowEnd i32)
    (local $rowBytes i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $outputEnd (i32.add (local.get $output) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $rowBytes (i32.shl (local.get $taps) (i32.const 2)))
    (local.set $whole (i32.shl (local.get $whole) (i32.const 2)))
    (block $done
      (loop $nextOutput
        (br_if $done (i32.ge_u (local.get $output) (local.get $outputEnd)))
        (local.set $x (local.get $input))
        (local.set $row
          (i32.add (local.get $bank) (i32.mul (local.get $phase) (local.get $rowBytes))))
        (local.set $rowEnd (i32.add (local.get $row) (local.get $rowBytes)))
        (local.set $a (v128.const f32x4 0 0 0 0))
        (local.set $b (v128.const f32x4 0 0 0 0))
        (local.set $c (v128.const f32x4 0 0 0 0))
        (local.set $d (v128.const f32x4 0 0 0 0))
        (loop $nextTaps
          (local.set $a (f32x4.add (local.get $a) (f32x4.mul
            (v128.load align=4 (local.get $x)) (v128.load (local.get $row)))))
          (local.set $b (f32x4.add (local.get $b) (f32x4.mul
            (v128.load offset=16 align=4 (local.get $x)) (v128.load offset=16 (local.get $row)))))
          (local.set $c (f32x4.add (local.get $c) (f32x4.mul
            (v128.load offset=32 align=4 (local.get $x)) (v128.load offset=32 (local.get $row)))))
          (local.set $d (f32x4.add (local.get $d) (f32x4.mul
            (v128.load offset=48 align=4 (local.get $x)) (v128.load offset=48 (local.get $row)))))
          (local.set $x (i32.add (local.get $x) (i32.const 64)))
          (local.set $row (i32.add (local.get $row) (i32.const 64)))
          (br_if $nextTaps (i32.lt_u (local.get $row) (local.get $rowEnd))))
        (local.set $a (f32x4.add
          (f32x4.add (local.get $a) (local.get $b)) (f32x4.add (local.get $c) (local.get $d))))
        (f32.store (local.get $output)
          (f32.add
            (f32.add (f32x4.extract_lane 0 (local.get $a)) (f32x4.extract_lane 1 (local.get $a)))
            (f32.add (f32x4.extract_lane 2 (local.get $a)) (f32x4.extract_lane 3 (local.get $a)))))
        (local.set $output (i32.add (local.get $output) (i32.const 4)))
        (local.set $input (i32.add (local.get $input) (local.get $whole)))
        (local.set $phase (i32.add (local.get $phase) (local.get $part)))
        (if (i32.ge_u (local.get $phase) (local.get $phases))
          (then
            (local.set $phase (i32.sub (local.get $phase) (local.get $phases)))
            (local.set $input (i32.add (local.get $input) (i32.const 4)))))
        (br $nextOutput)))))
