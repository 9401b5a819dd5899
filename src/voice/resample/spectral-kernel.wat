;; A filter for long signals: convolution by Fourier transforms, with the change of rate done on the spectrum.
;;
;; Eight blocks of the input are transformed at a time: four in the lanes of the real parts, four in those of the
;; imaginary parts, which a filter of real coefficients leaves apart. So nothing has to be moved between lanes, and
;; no spectrum of real samples has to be taken apart. An element is 32 bytes: four real parts, four imaginary ones.
;;
;; The memory is the resampler's (resample-kernel.wat). Addresses and lengths are computed by the caller
;; (spectral-stage.ts).
(module
  (memory (import "resampler" "memory") 1)

  ;; Fills `count` elements with eight blocks of samples, `apart` bytes from each other. `count` is a multiple of 4.
  (func (export "gather") (param $source i32) (param $apart i32) (param $target i32) (param $count i32)
    (call $gatherFour (local.get $source) (local.get $apart) (local.get $target) (local.get $count))
    (call $gatherFour
      (i32.add (local.get $source) (i32.shl (local.get $apart) (i32.const 2)))
      (local.get $apart) (i32.add (local.get $target) (i32.const 16)) (local.get $count)))

  (func $gatherFour (param $x0 i32) (param $apart i32) (param $target i32) (param $count i32)
    (local $x1 i32) (local $x2 i32) (local $x3 i32) (local $end i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $ab v128) (local $cd v128)
    (local.set $x1 (i32.add (local.get $x0) (local.get $apart)))
    (local.set $x2 (i32.add (local.get $x1) (local.get $apart)))
    (local.set $x3 (i32.add (local.get $x2) (local.get $apart)))
    (local.set $end (i32.add (local.get $target) (i32.shl (local.get $count) (i32.const 5))))
    (loop $more
      (local.set $a (v128.load align=4 (local.get $x0)))
      (local.set $b (v128.load align=4 (local.get $x1)))
      (local.set $c (v128.load align=4 (local.get $x2)))
      (local.set $d (v128.load align=4 (local.get $x3)))
      (local.set $ab (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b)))
      (local.set $cd (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c) (local.get $d)))
      (v128.store (local.get $target)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $ab) (local.get $cd)))
      (v128.store offset=32 (local.get $target)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $ab) (local.get $cd)))
      (local.set $ab
        (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b)))
      (local.set $cd
        (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c) (local.get $d)))
      (v128.store offset=64 (local.get $target)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $ab) (local.get $cd)))
      (v128.store offset=96 (local.get $target)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $ab) (local.get $cd)))
      (local.set $x0 (i32.add (local.get $x0) (i32.const 16)))
      (local.set $x1 (i32.add (local.get $x1) (i32.const 16)))
      (local.set $x2 (i32.add (local.get $x2) (i32.const 16)))
      (local.set $x3 (i32.add (local.get $x3) (i32.const 16)))
      (local.set $target (i32.add (local.get $target) (i32.const 128)))
      (br_if $more (i32.lt_u (local.get $target) (local.get $end)))))

  ;; The way back: takes eight blocks out of `count` elements. `count` is a multiple of 4.
  (func (export "scatter") (param $source i32) (param $target i32) (param $apart i32) (param $count i32)
    (call $scatterFour (local.get $source) (local.get $target) (local.get $apart) (local.get $count))
    (call $scatterFour
      (i32.add (local.get $source) (i32.const 16))
      (i32.add (local.get $target) (i32.shl (local.get $apart) (i32.const 2)))
      (local.get $apart) (local.get $count)))

  (func $scatterFour (param $source i32) (param $x0 i32) (param $apart i32) (param $count i32)
    (local $x1 i32) (local $x2 i32) (local $x3 i32) (local $end i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $ab v128) (local $cd v128)
    (local.set $x1 (i32.add (local.get $x0) (local.get $apart)))
    (local.set $x2 (i32.add (local.get $x1) (local.get $apart)))
    (local.set $x3 (i32.add (local.get $x2) (local.get $apart)))
    (local.set $end (i32.add (local.get $x0) (i32.shl (local.get $count) (i32.const 2))))
    (loop $more
      (local.set $a (v128.load (local.get $source)))
      (local.set $b (v128.load offset=32 (local.get $source)))
      (local.set $c (v128.load offset=64 (local.get $source)))
      (local.set $d (v128.load offset=96 (local.get $source)))
      (local.set $ab (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b)))
      (local.set $cd (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c) (local.get $d)))
      (v128.store align=4 (local.get $x0)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $ab) (local.get $cd)))
      (v128.store align=4 (local.get $x1)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $ab) (local.get $cd)))
      (local.set $ab
        (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b)))
      (local.set $cd
        (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c) (local.get $d)))
      (v128.store align=4 (local.get $x2)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $ab) (local.get $cd)))
      (v128.store align=4 (local.get $x3)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $ab) (local.get $cd)))
      (local.set $source (i32.add (local.get $source) (i32.const 128)))
      (local.set $x1 (i32.add (local.get $x1) (i32.const 16)))
      (local.set $x2 (i32.add (local.get $x2) (i32.const 16)))
      (local.set $x3 (i32.add (local.get $x3) (i32.const 16)))
      (local.set $x0 (i32.add (local.get $x0) (i32.const 16)))
      (br_if $more (i32.lt_u (local.get $x0) (local.get $end)))))

  ;; Radix 4, decimation in frequency, in place, from `length` elements down to groups of `group`, which stay samples.
  ;; `twiddles` holds for each quarter of each size, the largest first, the powers 1 to 3 of its root.
  (func (export "analyse") (param $data i32) (param $length i32) (param $group i32) (param $twiddles i32)
    (local $end i32) (local $quarter i32) (local $block i32) (local $w i32) (local $stop i32)
    (local $p0 i32) (local $p1 i32) (local $p2 i32) (local $p3 i32)
    (local $sr v128) (local $si v128) (local $dr v128) (local $di v128)
    (local $tr v128) (local $ti v128) (local $er v128) (local $ei v128)
    (local $ur v128) (local $ui v128) (local $wr v128) (local $wi v128)
    (local.set $length (i32.shl (local.get $length) (i32.const 5)))
    (local.set $group (i32.shl (local.get $group) (i32.const 5)))
    (local.set $end (i32.add (local.get $data) (local.get $length)))
    (loop $sizes
      (local.set $quarter (i32.shr_u (local.get $length) (i32.const 2)))
      (local.set $block (local.get $data))
      (loop $blocks
        (local.set $p0 (local.get $block))
        (local.set $p1 (i32.add (local.get $p0) (local.get $quarter)))
        (local.set $p2 (i32.add (local.get $p1) (local.get $quarter)))
        (local.set $p3 (i32.add (local.get $p2) (local.get $quarter)))
        (local.set $stop (local.get $p1))
        (local.set $w (local.get $twiddles))
        (loop $butterflies
          ;; s and d: sum and difference of the first and third; t and e: of the second and fourth.
          (local.set $ur (v128.load (local.get $p0)))
          (local.set $ui (v128.load offset=16 (local.get $p0)))
          (local.set $wr (v128.load (local.get $p2)))
          (local.set $wi (v128.load offset=16 (local.get $p2)))
          (local.set $sr (f32x4.add (local.get $ur) (local.get $wr)))
          (local.set $si (f32x4.add (local.get $ui) (local.get $wi)))
          (local.set $dr (f32x4.sub (local.get $ur) (local.get $wr)))
          (local.set $di (f32x4.sub (local.get $ui) (local.get $wi)))
          (local.set $ur (v128.load (local.get $p1)))
          (local.set $ui (v128.load offset=16 (local.get $p1)))
          (local.set $wr (v128.load (local.get $p3)))
          (local.set $wi (v128.load offset=16 (local.get $p3)))
          (local.set $tr (f32x4.add (local.get $ur) (local.get $wr)))
          (local.set $ti (f32x4.add (local.get $ui) (local.get $wi)))
          (local.set $er (f32x4.sub (local.get $ur) (local.get $wr)))
          (local.set $ei (f32x4.sub (local.get $ui) (local.get $wi)))
          (v128.store (local.get $p0) (f32x4.add (local.get $sr) (local.get $tr)))
          (v128.store offset=16 (local.get $p0) (f32x4.add (local.get $si) (local.get $ti)))
          ;; (d - i e) w
          (local.set $ur (f32x4.add (local.get $dr) (local.get $ei)))
          (local.set $ui (f32x4.sub (local.get $di) (local.get $er)))
          (local.set $wr (v128.load32_splat (local.get $w)))
          (local.set $wi (v128.load32_splat offset=4 (local.get $w)))
          (v128.store (local.get $p1) (f32x4.sub
            (f32x4.mul (local.get $ur) (local.get $wr)) (f32x4.mul (local.get $ui) (local.get $wi))))
          (v128.store offset=16 (local.get $p1) (f32x4.add
            (f32x4.mul (local.get $ur) (local.get $wi)) (f32x4.mul (local.get $ui) (local.get $wr))))
          ;; (s - t) w^2
          (local.set $ur (f32x4.sub (local.get $sr) (local.get $tr)))
          (local.set $ui (f32x4.sub (local.get $si) (local.get $ti)))
          (local.set $wr (v128.load32_splat offset=8 (local.get $w)))
          (local.set $wi (v128.load32_splat offset=12 (local.get $w)))
          (v128.store (local.get $p2) (f32x4.sub
            (f32x4.mul (local.get $ur) (local.get $wr)) (f32x4.mul (local.get $ui) (local.get $wi))))
          (v128.store offset=16 (local.get $p2) (f32x4.add
            (f32x4.mul (local.get $ur) (local.get $wi)) (f32x4.mul (local.get $ui) (local.get $wr))))
          ;; (d + i e) w^3
          (local.set $ur (f32x4.sub (local.get $dr) (local.get $ei)))
          (local.set $ui (f32x4.add (local.get $di) (local.get $er)))
          (local.set $wr (v128.load32_splat offset=16 (local.get $w)))
          (local.set $wi (v128.load32_splat offset=20 (local.get $w)))
          (v128.store (local.get $p3) (f32x4.sub
            (f32x4.mul (local.get $ur) (local.get $wr)) (f32x4.mul (local.get $ui) (local.get $wi))))
          (v128.store offset=16 (local.get $p3) (f32x4.add
            (f32x4.mul (local.get $ur) (local.get $wi)) (f32x4.mul (local.get $ui) (local.get $wr))))
          (local.set $w (i32.add (local.get $w) (i32.const 24)))
          (local.set $p0 (i32.add (local.get $p0) (i32.const 32)))
          (local.set $p1 (i32.add (local.get $p1) (i32.const 32)))
          (local.set $p2 (i32.add (local.get $p2) (i32.const 32)))
          (local.set $p3 (i32.add (local.get $p3) (i32.const 32)))
          (br_if $butterflies (i32.lt_u (local.get $p0) (local.get $stop))))
        (local.set $block (i32.add (local.get $block) (local.get $length)))
        (br_if $blocks (i32.lt_u (local.get $block) (local.get $end))))
      (local.set $twiddles (local.get $w))
      (local.set $length (local.get $quarter))
      (br_if $sizes (i32.gt_u (local.get $length) (local.get $group)))))

  ;; Turns each of `groups` groups of `step` elements into one of `phases` elements, by a matrix of complex numbers
  ;; of its own: the last step of the analysis, the filter, the change of rate and the first step of the synthesis.
  (func (export "filter") (param $source i32) (param $target i32) (param $matrices i32)
    (param $groups i32) (param $step i32) (param $phases i32)
    (local $end i32) (local $groupEnd i32) (local $stop i32) (local $x i32)
    (local $xr v128) (local $xi v128) (local $cr v128) (local $ci v128) (local $yr v128) (local $yi v128)
    (local.set $step (i32.shl (local.get $step) (i32.const 5)))
    (local.set $phases (i32.shl (local.get $phases) (i32.const 5)))
    (local.set $end (i32.add (local.get $target) (i32.mul (local.get $groups) (local.get $phases))))
    (loop $eachGroup
      (local.set $stop (i32.add (local.get $source) (local.get $step)))
      (local.set $groupEnd (i32.add (local.get $target) (local.get $phases)))
      (loop $outputs
        (local.set $x (local.get $source))
        (local.set $yr (v128.const f32x4 0 0 0 0))
        (local.set $yi (v128.const f32x4 0 0 0 0))
        (loop $inputs
          (local.set $xr (v128.load (local.get $x)))
          (local.set $xi (v128.load offset=16 (local.get $x)))
          (local.set $cr (v128.load32_splat (local.get $matrices)))
          (local.set $ci (v128.load32_splat offset=4 (local.get $matrices)))
          (local.set $yr (f32x4.add (local.get $yr) (f32x4.sub
            (f32x4.mul (local.get $xr) (local.get $cr)) (f32x4.mul (local.get $xi) (local.get $ci)))))
          (local.set $yi (f32x4.add (local.get $yi) (f32x4.add
            (f32x4.mul (local.get $xr) (local.get $ci)) (f32x4.mul (local.get $xi) (local.get $cr)))))
          (local.set $matrices (i32.add (local.get $matrices) (i32.const 8)))
          (local.set $x (i32.add (local.get $x) (i32.const 32)))
          (br_if $inputs (i32.lt_u (local.get $x) (local.get $stop))))
        (v128.store (local.get $target) (local.get $yr))
        (v128.store offset=16 (local.get $target) (local.get $yi))
        (local.set $target (i32.add (local.get $target) (i32.const 32)))
        (br_if $outputs (i32.lt_u (local.get $target) (local.get $groupEnd))))
      (local.set $source (local.get $stop))
      (br_if $eachGroup (i32.lt_u (local.get $target) (local.get $end)))))

  ;; Radix 4, decimation in time, in place, from groups of `group` elements up to `length`: the way back.
  ;; `twiddles` is as for the analysis, but with the smallest size first.
  (func (export "synthesise") (param $data i32) (param $length i32) (param $group i32) (param $twiddles i32)
    (local $end i32) (local $quarter i32) (local $block i32) (local $w i32) (local $stop i32)
    (local $p0 i32) (local $p1 i32) (local $p2 i32) (local $p3 i32)
    (local $br v128) (local $bi v128) (local $cr v128) (local $ci v128) (local $dr v128) (local $di v128)
    (local $ur v128) (local $ui v128) (local $wr v128) (local $wi v128)
    (local $sr v128) (local $si v128)
    (local.set $length (i32.shl (local.get $length) (i32.const 5)))
    (local.set $quarter (i32.shl (local.get $group) (i32.const 5)))
    (local.set $end (i32.add (local.get $data) (local.get $length)))
    (loop $sizes
      (local.set $block (local.get $data))
      (loop $blocks
        (local.set $p0 (local.get $block))
        (local.set $p1 (i32.add (local.get $p0) (local.get $quarter)))
        (local.set $p2 (i32.add (local.get $p1) (local.get $quarter)))
        (local.set $p3 (i32.add (local.get $p2) (local.get $quarter)))
        (local.set $stop (local.get $p1))
        (local.set $w (local.get $twiddles))
        (loop $butterflies
          ;; b, c and d: the second to fourth element times the conjugate of their power of the root.
          (local.set $ur (v128.load (local.get $p1)))
          (local.set $ui (v128.load offset=16 (local.get $p1)))
          (local.set $wr (v128.load32_splat (local.get $w)))
          (local.set $wi (v128.load32_splat offset=4 (local.get $w)))
          (local.set $br (f32x4.add
            (f32x4.mul (local.get $ur) (local.get $wr)) (f32x4.mul (local.get $ui) (local.get $wi))))
          (local.set $bi (f32x4.sub
            (f32x4.mul (local.get $ui) (local.get $wr)) (f32x4.mul (local.get $ur) (local.get $wi))))
          (local.set $ur (v128.load (local.get $p2)))
          (local.set $ui (v128.load offset=16 (local.get $p2)))
          (local.set $wr (v128.load32_splat offset=8 (local.get $w)))
          (local.set $wi (v128.load32_splat offset=12 (local.get $w)))
          (local.set $cr (f32x4.add
            (f32x4.mul (local.get $ur) (local.get $wr)) (f32x4.mul (local.get $ui) (local.get $wi))))
          (local.set $ci (f32x4.sub
            (f32x4.mul (local.get $ui) (local.get $wr)) (f32x4.mul (local.get $ur) (local.get $wi))))
          (local.set $ur (v128.load (local.get $p3)))
          (local.set $ui (v128.load offset=16 (local.get $p3)))
          (local.set $wr (v128.load32_splat offset=16 (local.get $w)))
          (local.set $wi (v128.load32_splat offset=20 (local.get $w)))
          (local.set $dr (f32x4.add
            (f32x4.mul (local.get $ur) (local.get $wr)) (f32x4.mul (local.get $ui) (local.get $wi))))
          (local.set $di (f32x4.sub
            (f32x4.mul (local.get $ui) (local.get $wr)) (f32x4.mul (local.get $ur) (local.get $wi))))
          ;; s: a + c; u: a - c; c: b + d; b: b - d.
          (local.set $wr (v128.load (local.get $p0)))
          (local.set $wi (v128.load offset=16 (local.get $p0)))
          (local.set $sr (f32x4.add (local.get $wr) (local.get $cr)))
          (local.set $si (f32x4.add (local.get $wi) (local.get $ci)))
          (local.set $ur (f32x4.sub (local.get $wr) (local.get $cr)))
          (local.set $ui (f32x4.sub (local.get $wi) (local.get $ci)))
          (local.set $cr (f32x4.add (local.get $br) (local.get $dr)))
          (local.set $ci (f32x4.add (local.get $bi) (local.get $di)))
          (local.set $br (f32x4.sub (local.get $br) (local.get $dr)))
          (local.set $bi (f32x4.sub (local.get $bi) (local.get $di)))
          (v128.store (local.get $p0) (f32x4.add (local.get $sr) (local.get $cr)))
          (v128.store offset=16 (local.get $p0) (f32x4.add (local.get $si) (local.get $ci)))
          (v128.store (local.get $p1) (f32x4.sub (local.get $ur) (local.get $bi)))
          (v128.store offset=16 (local.get $p1) (f32x4.add (local.get $ui) (local.get $br)))
          (v128.store (local.get $p2) (f32x4.sub (local.get $sr) (local.get $cr)))
          (v128.store offset=16 (local.get $p2) (f32x4.sub (local.get $si) (local.get $ci)))
          (v128.store (local.get $p3) (f32x4.add (local.get $ur) (local.get $bi)))
          (v128.store offset=16 (local.get $p3) (f32x4.sub (local.get $ui) (local.get $br)))
          (local.set $w (i32.add (local.get $w) (i32.const 24)))
          (local.set $p0 (i32.add (local.get $p0) (i32.const 32)))
          (local.set $p1 (i32.add (local.get $p1) (i32.const 32)))
          (local.set $p2 (i32.add (local.get $p2) (i32.const 32)))
          (local.set $p3 (i32.add (local.get $p3) (i32.const 32)))
          (br_if $butterflies (i32.lt_u (local.get $p0) (local.get $stop))))
        (local.set $block (local.get $p3))
        (br_if $blocks (i32.lt_u (local.get $block) (local.get $end))))
      (local.set $twiddles (local.get $w))
      (local.set $quarter (i32.shl (local.get $quarter) (i32.const 2)))
      (br_if $sizes (i32.lt_u (local.get $quarter) (local.get $length)))))
)
